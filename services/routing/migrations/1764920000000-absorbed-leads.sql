-- Leads that are one with another, which survives, until the two are split: nobody is offered them any more. A table of its own, as most of
-- them are heard of before or long after they were decided about.
CREATE TABLE absorbed (
  lead_id uuid PRIMARY KEY
);
-- Why a lead would have been offered that nobody has for nothing else: it is, once the two are split. Null: it is not so.
ALTER TABLE leads ADD COLUMN withheld text;
