-- Lines of witnesses under a published checkpoint: they saw it, and that it goes on from what they had seen. Counted by key, never
-- by name or by line, so that one witness cannot pass for two.
CREATE TABLE cosignatures (
  size       bigint NOT NULL REFERENCES checkpoints,
  key        text   NOT NULL,             -- of the witness, in base64
  line       text   NOT NULL CHECK (line NOT LIKE E'%\n%'),
  PRIMARY KEY (size, key)
);
