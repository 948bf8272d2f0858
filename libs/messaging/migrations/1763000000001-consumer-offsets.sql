-- Consumer offsets: how far a consumer has certainly come, beside its effects. Kafka keeps a group's offsets only for a while
-- (7 days) once the group is empty; a service that was away for longer goes on from here instead of reading all over again
-- what its inbox has forgotten. Written a moment before Kafka is told, so it may be a little behind the effects, never ahead.
CREATE TABLE consumer_offsets (
  consumer    text    NOT NULL,
  topic       text    NOT NULL,   -- as the broker calls it
  partition   integer NOT NULL,
  next_offset bigint  NOT NULL,   -- the next one to read
  PRIMARY KEY (consumer, topic, partition)
);
