# Rondo's service: docs/operations.md, "In a container". Configuration in /etc/rondo/rondo.yaml, all that it keeps in /var/lib/rondo.
FROM node:22-bookworm-slim AS build
WORKDIR /rondo
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
# Without the scripts of packages: none that is needed here has any, and the own one compiles what is not there yet.
RUN npm ci --ignore-scripts
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
ENV NODE_ENV=production RONDO_HOME=/var/lib/rondo
WORKDIR /rondo
COPY --from=build /rondo/node_modules node_modules
COPY --from=build /rondo/dist dist
COPY package.json LICENSE rondo.example.yaml ./
COPY models models
COPY protocols protocols
COPY src/server/page src/server/page
RUN ln -s /rondo/dist/cli/rondo.js /usr/local/bin/rondo && chmod 755 dist/cli/rondo.js \
  && mkdir -p /etc/rondo /var/lib/rondo && chown node:node /var/lib/rondo
USER node
VOLUME /var/lib/rondo
EXPOSE 8500 11112
# Where http.tls is configured: https, and NODE_EXTRA_CA_CERTS with the authority of the certificate.
ENV RONDO_HEALTH=http://127.0.0.1:8500/health
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["node", "-e", "fetch(process.env.RONDO_HEALTH).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["rondo", "serve", "--config", "/etc/rondo/rondo.yaml"]
