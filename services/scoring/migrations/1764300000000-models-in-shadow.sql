-- The challenger that is asked besides the model in force: one row or none.
CREATE TABLE shadow_model (
  one     boolean PRIMARY KEY DEFAULT true CHECK (one),
  name    text    NOT NULL,
  version integer NOT NULL,
  FOREIGN KEY (name, version) REFERENCES models
);

-- What the two said, by pair of models. A batch adds to one of some rows (`slot`), so that processes seldom wait for one
-- another on the way of a lead; whoever reads adds them up.
CREATE TABLE shadow_results (
  name           text     NOT NULL,
  version        integer  NOT NULL,
  shadow_name    text     NOT NULL,
  shadow_version integer  NOT NULL,
  was            text     NOT NULL,      -- a grade, or the state of a lead that has none
  would          text     NOT NULL,
  slot           smallint NOT NULL,
  leads          bigint   NOT NULL CHECK (leads > 0),
  PRIMARY KEY (name, version, shadow_name, shadow_version, was, would, slot)
);
