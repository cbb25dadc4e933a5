import type { Parsed, Problem } from '../core/problem.ts';
import { type AwsFile, type AwsObjectContext, readAwsObject } from './aws-object.ts';
import { awsParameterNames, readAwsClass } from './aws-store.ts';
import type { ClassContext, ClassDialect, ClassPlan } from './class-dialect.ts';
import { freshnessParameterNames, readFreshness } from './freshness.ts';
import { type ObjectList, readObjectList } from './object-list.ts';

/** Reads classes written for the official provider of AWS, plus our own parameters and fields. */
export const awsDialect: ClassDialect = {
  parameterNames: [...awsParameterNames, ...freshnessParameterNames, 'objects'],
  parse: parseAwsClass,
  inspect(parameters) {
    const awsClass = readAwsClass(parameters, undefined, []);
    return readAwsObjects(parameters, { awsClass, defaultMode: 0 }).reading.remarks;
  },
};

function parseAwsClass(
  parameters: ReadonlyMap<string, string>,
  { defaults, defaultMode }: ClassContext,
): Parsed<ClassPlan> {
  const problems: Problem[] = [];
  const awsClass = readAwsClass(parameters, defaults.aws, problems);
  const freshness = readFreshness(parameters, problems);
  const { objects, reading } = readAwsObjects(parameters, { awsClass, defaultMode });
  problems.push(...reading.problems);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { freshness, objects: objects.map(({ object }) => object) } };
}

/** Parity: a list without objects asks for nothing; an entry that is null is a mistake. */
function readAwsObjects(parameters: ReadonlyMap<string, string>, context: AwsObjectContext): ObjectList<AwsFile> {
  return readObjectList(parameters.get('objects') ?? '', {
    fields: 'objectName',
    emptyList: 'ignored',
    nullEntry: 'refused',
    readEntry: (mapping, place) => readAwsObject(mapping, place, context),
    toFile: ({ file }) => file,
    remedy: 'name one of the two with another objectAlias',
  });
}
