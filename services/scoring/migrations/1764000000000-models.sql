-- Score models. A version never changes: every score names the one it was made with.
CREATE TABLE models (
  name       text        NOT NULL,
  version    integer     NOT NULL CHECK (version > 0),
  hash       text        NOT NULL,       -- of the document's canonical JSON, as scores name it
  document   jsonb       NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text        NOT NULL,       -- a key's id, or `fairlead` for the model that is there at first
  PRIMARY KEY (name, version)
);

-- The model in force: one row, so that there is never none, nor two.
CREATE TABLE active_model (
  one     boolean PRIMARY KEY DEFAULT true CHECK (one),
  name    text    NOT NULL,
  version integer NOT NULL,
  FOREIGN KEY (name, version) REFERENCES models
);
