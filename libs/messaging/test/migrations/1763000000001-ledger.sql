-- What the handler did, one row per effect and deliberately without a unique key: doing something twice must show.
CREATE TABLE ledger (
  place   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lead_id text NOT NULL,
  step    int  NOT NULL
);
-- Steps that the handler refuses as long as they are listed here.
CREATE TABLE poison (lead_id text NOT NULL, step int NOT NULL, kind text NOT NULL);
