import * as z from 'zod';

import { refuseAwsJson, toAwsJson } from './aws-answers.ts';
import { accountId, type Section, type SectionRequest } from './aws-section.ts';
import type { LoopbackAnswer } from './loopback-server.ts';

const names = z.object({ Names: z.array(z.string().min(1)).min(1).max(10) });

/** GetParameters: by name or ARN, with a version behind a colon. Nothing here has labels, or is encrypted. */
export function getParameters({ input, ...section }: SectionRequest<string>): LoopbackAnswer {
  const given = names.safeParse(input);
  const asked = given.data?.Names ?? [];
  if (!given.success || new Set(asked).size < asked.length) {
    return refuseAwsJson('ValidationException', 'Names must hold 1 to 10 different names');
  }
  const found = asked.map((name) => findParameter(name, section));
  return toAwsJson({
    Parameters: found.filter((parameter) => parameter !== undefined),
    InvalidParameters: asked.filter((_, index) => found[index] === undefined),
  });
}

/** Undefined: it is not there, or not any more. */
function findParameter(asked: string, { history, region }: Section<string>): object | undefined {
  const prefix = `arn:aws:ssm:${region}:${accountId}:parameter`;
  const isArn = asked.startsWith(prefix);
  const [resource = '', ...selectors] = (isArn ? asked.slice(prefix.length) : asked).split(':');
  // An ARN has a slash there even when the name has none.
  const names = isArn ? [resource, resource.slice(1)] : [resource];
  const name = names.find((candidate) => history.of(candidate).at(-1)?.data !== undefined);
  if (name === undefined) return undefined;
  const versions = history.of(name);
  const selector = selectors.length === 0 ? undefined : selectors.join(':');
  const version = selector === undefined ? versions.at(-1) : versions[Number(selector) - 1];
  if (version?.data === undefined) return undefined;
  return {
    Name: name,
    ARN: `${prefix}${name.startsWith('/') ? '' : '/'}${name}`,
    Type: 'String',
    DataType: 'text',
    Value: version.data,
    Version: version.number,
    LastModifiedDate: version.createdMs / 1000,
    ...(selector !== undefined && { Selector: `:${selector}` }),
  };
}
