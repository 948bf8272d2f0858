-- The one order in which decisions and answers change what decisions depend on, over all pools. Whoever reads the log can fold
-- them again in this order, although its partitions have none. Locked with the pools.
CREATE TABLE decision_order (
  one   boolean PRIMARY KEY DEFAULT true CHECK (one),
  step  bigint  NOT NULL DEFAULT 0 CHECK (step >= 0),   -- of the last decision in any pool
  noted uuid[]  NOT NULL DEFAULT '{}'                   -- events folded since, which led to no decision and are yet to be told
) WITH (fillfactor = 50);
INSERT INTO decision_order DEFAULT VALUES;
