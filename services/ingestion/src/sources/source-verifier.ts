import { Inject, Injectable } from '@nestjs/common';
import { type Proof, type RequestVerifier, unverified } from '@fairlead/platform';
import type { FastifyRequest } from 'fastify';
import { INGESTION_SETTINGS, type IngestionSettings } from '../config.js';
import { isSourceId } from '../intake/prepare-rows.js';
import { deliveriesRefused } from '../metrics.js';
import { type Source, SourcesStore } from '../store/sources.store.js';
import { formatOf } from './formats.js';
import type { Challenge, Delivery, SourceFormat } from './source-format.js';

/** A request whose sender is proven. */
export interface Verified {
  readonly source: Source;
  readonly format: SourceFormat;
  readonly delivery: Delivery;
  /** The answer, when the tool only asks whether we are there. */
  readonly challenge?: Challenge;
}

/** Says whether a request to a source's own address comes from its tool. Whatever is wrong, it is the same 401. */
@Injectable()
export class SourceVerifier implements RequestVerifier {
  readonly #verified = new WeakMap<FastifyRequest, Verified>();

  constructor(
    private readonly sources: SourcesStore,
    @Inject(INGESTION_SETTINGS) private readonly settings: IngestionSettings,
  ) {}

  async verify(request: FastifyRequest): Promise<Proof> {
    const { sourceId } = request.params as { sourceId: string };
    const source = isSourceId(sourceId) ? await this.sources.find(sourceId) : undefined;
    const format = source && formatOf(source.format);
    if (!format) throw refused('none');

    const delivery = this.#deliveryOf(request);
    const credentials = await this.sources.credentialsOf(source.id);
    if (request.method !== 'POST') {
      const challenge = format.challenge?.(request.query as Record<string, unknown>, credentials);
      if (!challenge) throw refused(source.format);
      this.#verified.set(request, { source, format, delivery, challenge });
      return { by: 'signature' };
    }
    const verdict = format.verify(delivery, credentials);
    if (verdict === 'refused') throw refused(source.format);
    this.#verified.set(request, { source, format, delivery });
    return verdict === 'verified' ? { by: 'signature' } : { by: 'key', sourceId: source.id };
  }

  /** What the guard has let in. */
  of(request: FastifyRequest): Verified {
    const verified = this.#verified.get(request);
    if (!verified) throw new Error('asked for before the guard has run');
    return verified;
  }

  #deliveryOf(request: FastifyRequest): Delivery {
    const { method, headers, body, url } = request;
    return {
      method,
      url: `${this.settings.publicUrl ?? `${request.protocol}://${request.host}`}${url}`,
      headers,
      contentType: (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '',
      body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
      receivedAt: Date.now(),
    };
  }
}

function refused(format: string): Error {
  deliveriesRefused.inc({ format });
  return unverified();
}
