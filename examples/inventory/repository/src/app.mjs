/**
 * What the program answers, by "METHOD /path".
 *
 * @type {Record<string, () => unknown>}
 */
export const routes = {
  'GET /health': () => ({ ok: true }),
};

/** @type {(method: string, path: string) => { status: number, body: unknown }} */
export function answer(method, path) {
  const route = routes[`${method} ${path}`];
  return route === undefined ? { status: 404, body: null } : { status: 200, body: route() };
}
