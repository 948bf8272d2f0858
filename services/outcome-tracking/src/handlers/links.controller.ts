import { Body, Controller, Get, HttpCode, Ip, Param, Post, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { currentOffer, type Offer } from '@fairlead/decisions';
import { reasons } from '@fairlead/events';
import { UnitsOfWork } from '@fairlead/messaging';
import { type OfferLink, OfferLinks } from '@fairlead/personal-data';
import { Accepts, Public, RecentCounts } from '@fairlead/platform';
import type { FastifyReply } from 'fastify';
import { standingNow } from '../pending-answer.js';
import { LeadsStore, type TrackedLead } from '../store/leads.store.js';
import { TakeAnswer } from '../take-answer.js';
import { offerPage, PAGE_HEADERS, plainPage } from '../view/offer-page.js';
import { problemOf } from './answer-problems.js';

/** An answer and a reason are not fifty bytes long. */
const MAX_FORM_BYTES = 1_024;
/** Who answered, as the event says it: a link is not anybody's key. */
const ACTOR = 'offer-link';

/** Whoever answers an offer looks a few times, and so do the programs that look at mail before people do. */
const MAX_VISITS = 30;
/** Links of nobody's, from one address: people that mistype have one of them. As for wrong keys. */
const MAX_FORGED = 30;
const WINDOW_MS = 60_000;
/** Offers, or addresses, that are counted at once, at some 150 bytes each. */
const MAX_COUNTED = 10_000;

interface Page {
  readonly status: number;
  readonly html: string;
  readonly retryAfterMs?: number;
}

const UNKNOWN: Page = {
  status: 404,
  html: plainPage('This link leads to nothing', 'It is not complete, or it was not made by us.'),
};
const EXPIRED: Page = {
  status: 410,
  html: plainPage('Too late', 'The time to answer this offer has run out.'),
};
const NOT_YET: Page = {
  status: 404,
  html: plainPage('Not yet', 'The offer has not come in here. Try again in a minute.'),
};

/** People are told by a page; what never reaches us as a form or a link is refused as elsewhere. */
const PAGE_OR_PROBLEM = {
  'text/html': { schema: { type: 'string' } },
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
} as const;

/**
 * Offers answered by whoever has a link that was signed for its party, as e-mails carry it: there is no key. Guessing costs the guesser
 * a request and us a hash: nothing is looked up before the link has proven to be ours. So what is bounded for each address is links that
 * are not: everybody behind one proxy has its address, and nobody who guesses there keeps the others from answering. What is bounded for
 * each offer is what is looked up.
 */
@ApiTags('answers')
@ApiParam({ name: 'token' })
@ApiProduces('text/html')
@ApiResponse({
  status: 404,
  description: 'The link is none of ours, or its offer has not come in yet.',
  content: PAGE_OR_PROBLEM,
})
@ApiResponse({
  status: 410,
  description: 'The time for an answer is over, or the lead was erased.',
  content: PAGE_OR_PROBLEM,
})
@ApiResponse({
  status: 429,
  description:
    'This link was opened too often within a minute, or too many came from this address that are none of ours.',
  headers: { 'Retry-After': { required: true, schema: { type: 'string' } } },
  content: PAGE_OR_PROBLEM,
})
@Controller('v1/links/:token')
@Public()
export class LinksController {
  readonly #forged = new RecentCounts(MAX_FORGED, WINDOW_MS, MAX_COUNTED);
  readonly #visits = new RecentCounts(MAX_VISITS, WINDOW_MS, MAX_COUNTED);

  constructor(
    private readonly links: OfferLinks,
    private readonly units: UnitsOfWork,
    private readonly leads: LeadsStore,
    private readonly answers: TakeAnswer,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'A page with the offer that a link is about',
    description: 'Looking at it answers nothing, however often it is done. No contact data are on it.',
  })
  @ApiResponse({ status: 200, schema: { type: 'string' } })
  async show(
    @Param('token') token: string,
    @Ip() address: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const found = await this.#found(token, address);
    if ('status' in found) return answered(reply, found);
    const { lead, offer } = found;
    if (offer.stage === 'offered') return answered(reply, { status: 200, html: offerPage(lead.details, offer) });
    return answered(reply, { status: 200, html: plainPage('This offer is settled', sentenceOf(offer)) });
  }

  @Post()
  @HttpCode(200)
  @Accepts({ 'application/x-www-form-urlencoded': 'bytes' }, { limitBytes: MAX_FORM_BYTES })
  @ApiOperation({ summary: 'The answer to the offer that a link is about' })
  @ApiBody({
    schema: {
      type: 'object',
      required: ['answer'],
      properties: {
        answer: { type: 'string', enum: ['accept', 'decline'] },
        reason: { type: 'string', enum: [...reasons], description: 'Of `decline`, which needs one.' },
      },
    },
  })
  @ApiResponse({ status: 200, schema: { type: 'string' }, description: 'It is taken; sent again, it is the same.' })
  @ApiResponse({ status: 400, description: 'No answer, or none that there is.', content: PAGE_OR_PROBLEM })
  @ApiResponse({ status: 409, description: 'It cannot follow what is known of the offer.', content: PAGE_OR_PROBLEM })
  async decide(
    @Param('token') token: string,
    @Ip() address: string,
    @Body() body: Buffer | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const found = await this.#found(token, address);
    if ('status' in found) return answered(reply, found);
    const said = answerIn(body);
    if (!said)
      return answered(reply, { status: 400, html: plainPage('No answer', 'Accept, or decline with a reason.') });
    const { link, offer } = found;
    const taken = await this.answers.take({
      ...said,
      ...{ leadId: link.leadId, offer: link.offer, party: offer.party, actor: ACTOR },
    });
    if (taken.outcome === 'taken' || taken.outcome === 'repeated')
      return answered(reply, {
        status: 200,
        html:
          said.type === 'accepted'
            ? plainPage('Accepted', 'The lead is yours. Whom to call comes by the way that you are told of offers.')
            : plainPage('Declined', 'The lead goes to somebody else.'),
      });
    // Without a key for repetitions there is no other way for an answer not to be taken.
    const problem = problemOf(taken.outcome === 'refused' ? taken.why : 'not-the-current-offer', true);
    return answered(reply, {
      status: problem.getStatus(),
      html: plainPage('Not taken', String(problem.details['detail'])),
    });
  }

  /** The offer that the link was signed for, or what there is to say instead. */
  async #found(
    token: string,
    address: string,
  ): Promise<{ readonly link: OfferLink; readonly lead: TrackedLead; readonly offer: Offer } | Page> {
    const link = this.links.read(token);
    if (!link) return this.#refused(this.#forged, address) ?? UNKNOWN;
    // Not by its letters: those that say for whom it is have not been checked yet, and could be any.
    const tooOften = this.#refused(this.#visits, `${link.leadId}/${link.offer}`);
    if (tooOften) return tooOften;
    const lead = await this.leads.find(this.units.query, link.leadId);
    const standing = lead && standingNow(lead);
    const offer = standing?.offers.find(({ number }) => number === link.offer);
    if (!lead || !standing || !offer) return Date.now() < link.acceptBy ? NOT_YET : EXPIRED;
    // Signed for another party than the log says: it would answer in somebody else's name.
    if (!this.links.isFor(token, offer.party)) return UNKNOWN;
    if (standing.state === 'erased')
      return { status: 410, html: plainPage('Erased', 'The personal data of this lead were erased.') };
    if (offer.stage === 'offered' && Date.now() >= Math.min(link.acceptBy, offer.acceptBy)) return EXPIRED;
    if (currentOffer(standing) !== offer)
      return { status: 410, html: plainPage('Too late', 'The lead has moved on from this offer.') };
    return { link, lead, offer };
  }

  /** Undefined while there is room, and then it is counted. */
  #refused(counts: RecentCounts, key: string): Page | undefined {
    const retryAfterMs = counts.fullForMs(key);
    if (retryAfterMs !== undefined)
      return { status: 429, html: plainPage('Too often', 'Try again in a minute.'), retryAfterMs };
    counts.note(key);
    return undefined;
  }
}

function answered(reply: FastifyReply, { status, html, retryAfterMs }: Page): string {
  void reply.status(status).headers(PAGE_HEADERS);
  if (retryAfterMs !== undefined) void reply.header('retry-after', String(Math.ceil(retryAfterMs / 1_000)));
  return html;
}

function answerIn(body: Buffer | undefined): { type: 'accepted' } | { type: 'declined'; reason: string } | undefined {
  const form = new URLSearchParams(body?.toString('utf8') ?? '');
  const reason = form.get('reason');
  if (form.get('answer') === 'accept') return { type: 'accepted' };
  if (form.get('answer') !== 'decline' || !reasons.some((each) => each === reason) || reason === null) return undefined;
  return { type: 'declined', reason };
}

function sentenceOf({ stage }: Offer): string {
  switch (stage) {
    case 'declined':
      return 'It was declined.';
    case 'expired':
      return 'The time to answer it has run out.';
    case 'withdrawn':
      return 'It was withdrawn: the lead was given to somebody else.';
    default:
      return 'It was accepted.';
  }
}
