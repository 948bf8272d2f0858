/**
 * Orders a batch for handlers that take many events of one type: events of one key keep their order, everything else may be
 * moved together. Wave n holds the n-th change of type of each key, so a handler call never contains an event whose
 * predecessor (of the same key and another type) has not been handled in an earlier call.
 *
 * received(a) received(b) scored(a) received(c) → [received(a) received(b) received(c)], [scored(a)]
 */
export function inWaves<E extends { readonly key: string; readonly type: string }>(events: readonly E[]): E[][] {
  const last = new Map<string, { wave: number; type: string }>();
  const waves: Map<string, E[]>[] = [];
  for (const event of events) {
    const before = last.get(event.key);
    const wave = before === undefined ? 0 : before.type === event.type ? before.wave : before.wave + 1;
    last.set(event.key, { wave, type: event.type });
    const types = (waves[wave] ??= new Map<string, E[]>());
    const group = types.get(event.type);
    if (group) group.push(event);
    else types.set(event.type, [event]);
  }
  return waves.flatMap((types) => [...types.values()]);
}
