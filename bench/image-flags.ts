/** Node's own arguments in the image, so that the figures are those of a cluster. */
export function imageFlags(dockerfile: string): string[] {
  const entry = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]';
  return (JSON.parse(entry) as string[]).filter((argument) => argument.startsWith('--'));
}
