import type { AwsSession } from './aws-sessions.ts';
import type { LoopbackAnswer } from './loopback-server.ts';

/** An answer of Secrets Manager or Parameter Store. */
export function toAwsJson(body: object): LoopbackAnswer {
  return { status: 200, contentType: jsonType, text: JSON.stringify(body) };
}

/** A refusal of theirs: `name` as in `ResourceNotFoundException`. */
export function refuseAwsJson(name: string, message: string): LoopbackAnswer {
  return { status: 400, contentType: jsonType, text: JSON.stringify({ __type: name, message }) };
}

/** STS's answer to a login: of its members the one that clients use. */
export function toStsAnswer({ accessKeyId, secretAccessKey, sessionToken, expiresMs }: AwsSession): LoopbackAnswer {
  const credentials = toXml('Credentials', [
    toXml('AccessKeyId', [accessKeyId]),
    toXml('SecretAccessKey', [secretAccessKey]),
    toXml('SessionToken', [sessionToken]),
    toXml('Expiration', [new Date(expiresMs).toISOString()]),
  ]);
  const action = 'AssumeRoleWithWebIdentity';
  return toXmlAnswer(200, `${action}Response`, toXml(`${action}Result`, [credentials]));
}

/** A refusal of STS. The texts are our own, without characters that mean something in XML. */
export function refuseSts(code: string, message: string): LoopbackAnswer {
  const error = toXml('Error', [toXml('Type', ['Sender']), toXml('Code', [code]), toXml('Message', [message])]);
  return toXmlAnswer(400, 'ErrorResponse', error);
}

const jsonType = 'application/x-amz-json-1.1';

function toXmlAnswer(status: number, root: string, content: string): LoopbackAnswer {
  const text = `<${root} xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${content}</${root}>`;
  return { status, contentType: 'text/xml', text };
}

function toXml(name: string, content: readonly string[]): string {
  return `<${name}>${content.join('')}</${name}>`;
}
