/**
 * Why certificates or keys of a file cannot be used: the end of a sentence that starts with the file, with the remedy, and without
 * anything of its content. Caught inside this folder.
 */
export class UnusableFile extends Error {}
