# syntax=docker/dockerfile:1
# The image carries Node, the libraries that it is linked with and the bundle: no shell, no package manager, no npm.
# Node's version here and in package.json is compared by a test.

# Node for the machine that the image is for. Nothing of it is run here, so amd64 builds arm64 without an emulator and back.
FROM node:26.10.0-bookworm-slim AS system

FROM --platform=$BUILDPLATFORM node:26.10.0-bookworm-slim AS build
ARG TARGETARCH
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && node scripts/supply-chain/sbom.ts sbom.cdx.json
RUN --mount=type=bind,from=system,target=/system \
    node scripts/image/root.ts "$TARGETARCH" /system dist sbom.cdx.json /image

FROM scratch
ARG VERSION=0.2.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="lockstep" \
      org.opencontainers.image.description="Secrets from Vault, OpenBao and AWS for Kubernetes: mounted, synced and rolled out from one manifest" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /image /
# PATH is for `kubectl exec POD -- lockstep …`. One arena is shared between the threads of malloc: bench/results.md.
ENV PATH=/usr/local/bin MALLOC_ARENA_MAX=1
# Everything but the provider needs no more. The folder of the driver's sockets belongs to root on the host, so the provider's
# DaemonSet sets runAsUser: 0, with no capability; where the folder belongs to this user, the provider runs as it too.
USER 65532:65532
# Node's flags: scripts/image/node-flags.ts.
ENTRYPOINT ["/usr/local/bin/lockstep"]
CMD ["provider"]
