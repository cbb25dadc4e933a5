import type { WireReply } from './wire-server.ts';

/** An answer of Secrets Manager or SSM. */
export function json(body: object): WireReply {
  return { status: 200, headers: { 'Content-Type': 'application/x-amz-json-1.1' }, body: JSON.stringify(body) };
}

/** A refusal of Secrets Manager or SSM. */
export function refuseJson(name: string, message = 'the fake says no', status = 400): WireReply {
  return {
    status,
    headers: { 'Content-Type': 'application/x-amz-json-1.1', 'x-amzn-RequestId': 'request-of-the-fake' },
    body: JSON.stringify({ __type: name, message }),
  };
}

/** An answer of STS. */
export function xml(action: string, result: string): WireReply {
  const body = `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${result}</${action}Result></${action}Response>`;
  return { status: 200, headers: { 'Content-Type': 'text/xml' }, body };
}

/** A refusal of STS. */
export function refuseXml(code: string, message = 'the fake says no', status = 400): WireReply {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  const body = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${error}<RequestId>r</RequestId></ErrorResponse>`;
  return { status, headers: { 'Content-Type': 'text/xml' }, body };
}
