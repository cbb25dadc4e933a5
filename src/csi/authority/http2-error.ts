/** The peer's bytes are not HTTP/2 as we accept it: the connection ends. Never leaves this folder. */
export class Http2Error extends Error {}
