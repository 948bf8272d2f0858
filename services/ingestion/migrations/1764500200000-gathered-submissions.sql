-- Single leads whose senders do not wait, and that came within the same few milliseconds, are one submission: of one caller and for one
-- source, so that whoever may read of one of them may read of all. Each is known by its submission's id, of which the last
-- three digits say the place in it, from 001 on; those of the submission itself are 000.
ALTER TABLE submissions
  ADD COLUMN gathered     boolean NOT NULL DEFAULT false,
  ADD COLUMN traceparents json;            -- each row's own, where any has one

-- What is to be forgotten after a day is looked for every ten minutes, among all of the day.
CREATE INDEX submissions_done ON submissions (finished_at) WHERE finished_at IS NOT NULL;
