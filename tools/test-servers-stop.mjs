/** Jest's globalTeardown: stops what test-servers.mjs has started in this process, and nothing that it found running. */
export default async function tearDown() {
  await /** @type {{ stopTestServers?: () => Promise<void> }} */ (globalThis).stopTestServers?.();
}
