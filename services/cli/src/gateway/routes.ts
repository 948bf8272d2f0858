/** Which service serves what. A test holds this table against the routes that the services really have. */
export const routesOf: Readonly<Record<string, readonly string[]>> = {
  ingestion: ['POST /v1/leads', 'PATCH /v1/leads/:leadId', 'GET /v1/sources/:sourceId', 'PUT /v1/sources/:sourceId'],
  scoring: ['GET /v1/models', 'GET /v1/models/:name', 'PUT /v1/models/:name', 'POST /v1/models/:name/activate'],
  routing: [
    'GET /v1/leads/:leadId/explanation',
    'POST /v1/leads/:leadId/override',
    'GET /v1/partners',
    'GET /v1/partners/:partnerId',
    'PUT /v1/partners/:partnerId',
    'GET /v1/partners/:partnerId/history',
    'GET /v1/policies',
    'POST /v1/policies/check',
    'GET /v1/policies/:name',
    'PUT /v1/policies/:name',
    'POST /v1/policies/:name/activate',
    'GET /v1/policies/:name/activations',
    'DELETE /v1/policies/:name/activations/:activationId',
    'GET /v1/policies/:name/compare',
    'POST /v1/policies/:name/preview',
    'GET /v1/policies/:name/versions/:version',
    'GET /v1/partners/:partnerId/deal-registrations',
    'POST /v1/partners/:partnerId/deal-registrations',
    'POST /v1/partners/:partnerId/deal-registrations/:claimId/end',
    'GET /v1/partners/:partnerId/accounts-of-record',
    'POST /v1/partners/:partnerId/accounts-of-record',
    'POST /v1/partners/:partnerId/accounts-of-record/:claimId/end',
    'GET /v1/account-claims',
    'GET /v1/named-accounts',
    'GET /v1/named-accounts/:name',
    'GET /v1/named-accounts/:name/compare',
    'GET /v1/named-accounts/:name/entries',
    'GET /v1/named-accounts/:name/history',
    'PUT /v1/named-accounts/:name',
  ],
  'partner-notification': [
    'GET /v1/partners/:partnerId/endpoints',
    'GET /v1/partners/:partnerId/endpoints/:endpointId',
    'PUT /v1/partners/:partnerId/endpoints/:endpointId',
    'GET /v1/partners/:partnerId/endpoints/:endpointId/deliveries',
    'POST /v1/partners/:partnerId/endpoints/:endpointId/rotate-secret',
  ],
  'outcome-tracking': [
    'GET /v1/leads',
    'GET /v1/leads/:leadId',
    'POST /v1/leads/:leadId/accept',
    'POST /v1/leads/:leadId/decline',
    'POST /v1/leads/:leadId/outcomes',
    'GET /v1/trust',
  ],
};

/** Served by every service alike, from the database that they share or from the image: any one will do. */
export const routesOfAny = [
  'GET /v1/keys',
  'POST /v1/keys',
  'DELETE /v1/keys/:id',
  'GET /docs',
  'GET /docs/start.js',
  'GET /docs/:asset',
] as const;

/** Served by every service, each for itself: the gateway asks the right one, or all of them. */
export const routesOfEach = [
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'GET /openapi.json',
  'GET /openapi/:service',
  'GET /v1/parked',
  'POST /v1/parked/:id/redrive',
] as const;
