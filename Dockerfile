# syntax=docker/dockerfile:1
# The image carries Node, the bundle and nothing else. Node's version here and in package.json is compared by a test.
FROM node:26.10.0-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:26.10.0-bookworm-slim
LABEL org.opencontainers.image.title="lockstep" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /src/dist /app
# The socket directory on the host belongs to root, so the provider runs as root without capabilities.
# The controller does not need that: its Deployment sets runAsNonRoot.
# A cluster pays for every megabyte on every node: collect garbage early, and share one arena between the threads of malloc.
# bench/results.md and bench/sync-results.md have what it brings.
ENV MALLOC_ARENA_MAX=1
ENTRYPOINT ["node", "--max-semi-space-size=2", "--heap-growing-percent=10", "--no-maglev", "/app/main.mjs"]
CMD ["provider"]
