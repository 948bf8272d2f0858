import { randomUUID } from 'node:crypto';
import { encodeEvent, type EncodedEvent, ModelShadowed, ModelShadowEnded } from '@fairlead/events';
import type { StoredModel } from '../store/models.store.js';

export function shadowed({ name, version, hash, document }: StoredModel, actor: string, now: number): EncodedEvent {
  const data = { name, version, hash, model: document, actor };
  return encodeEvent(ModelShadowed, { id: randomUUID(), source: '/scoring', subject: name, time: now, data });
}

export function shadowEnded({ name, version, hash }: StoredModel, actor: string, now: number): EncodedEvent {
  const data = { name, version, hash, actor };
  return encodeEvent(ModelShadowEnded, { id: randomUUID(), source: '/scoring', subject: name, time: now, data });
}
