# Daybook with its runtime dependencies, run by an unprivileged user. It serves loopback inside the container unless DAYBOOK_HOST and DAYBOOK_EXPOSED
# say otherwise: see docker-compose.yml.

FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-fund --no-audit
COPY . .
RUN npm run build && npm prune --omit=dev --no-fund --no-audit

FROM node:20.20.2-bookworm-slim
LABEL org.opencontainers.image.title="Daybook" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    DAYBOOK_DATA_DIR=/data
WORKDIR /app
# Keys of personal data are in /data-keys, so that no backup of the data has them.
RUN mkdir /data /data-keys && chown node:node /data /data-keys && chmod 700 /data-keys
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/contracts ./contracts
COPY --from=build /app/examples ./examples
COPY --from=build /app/dist ./dist
USER node
VOLUME ["/data", "/data-keys"]
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.DAYBOOK_PORT ?? 4000}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["serve"]
