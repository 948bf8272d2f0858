/** Where a service is reached: `routing` → `http://routing:8080`. */
export type Target = (service: string) => string;

/** @param pattern an address with `{service}` in it: names of containers and of Kubernetes services differ by a prefix only */
export function targetOf(pattern: string): Target {
  return (service) => pattern.replaceAll('{service}', service);
}
