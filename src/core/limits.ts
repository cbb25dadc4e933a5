/** What the driver accepts as one gRPC reply. */
const driverReplyBytes = 4 * 1024 * 1024;
/** Left for the framing, names, modes and versions around the contents. */
const replyHeadroomBytes = 64 * 1024;

/** The most bytes that the files of one mount may take in the reply. */
export const maxReplyBytes = driverReplyBytes - replyHeadroomBytes;
