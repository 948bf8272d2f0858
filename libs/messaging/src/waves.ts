/**
 * Orders a batch for handlers that take many events of one type: events of one key keep their order, everything else may be
 * moved together. Wave n holds the n-th change of type of each key, so a handler call never contains an event whose
 * predecessor (of the same key and another type) has not been handled in an earlier call.
 *
 * received(a) received(b) scored(a) received(c) → [received(a) received(b) received(c)], [scored(a)]
 *
 * @param kindOf types that one handler takes mixed count as one kind; a kind of its own for each type, unless said
 */
export function inWaves<E extends { readonly key: string; readonly type: string }>(
  events: readonly E[],
  kindOf: (type: string) => string = (type) => type,
): E[][] {
  const last = new Map<string, { wave: number; kind: string }>();
  const waves: Map<string, E[]>[] = [];
  for (const event of events) {
    const kind = kindOf(event.type);
    const before = last.get(event.key);
    const wave = before === undefined ? 0 : before.kind === kind ? before.wave : before.wave + 1;
    last.set(event.key, { wave, kind });
    const kinds = (waves[wave] ??= new Map<string, E[]>());
    const group = kinds.get(kind);
    if (group) group.push(event);
    else kinds.set(kind, [event]);
  }
  return waves.flatMap((kinds) => [...kinds.values()]);
}
