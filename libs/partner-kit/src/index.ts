export {
  type Answerable,
  AnswerRefused,
  Answers,
  type AnswersSettings,
  AnswerUndecided,
  type Lead,
  type Offer,
  type Outcome,
  type ProblemDetails,
  UntrustedAddress,
} from './answers.js';
export { type Answer, fetchHandler, type Incoming, type ReceiverSettings, webhookReceiver } from './receive-webhook.js';
export {
  type RefusedBecause,
  type VerificationKey,
  type VerifyOptions,
  verifyWebhook,
  type WebhookHeaders,
  WebhookRefused,
} from './verify-webhook.js';
export * from './webhook-events.js';
export { SeenInMemory, type WebhooksSeen } from './webhooks-seen.js';
