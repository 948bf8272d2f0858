-- Lists that match few of many leads. A leading column for each of four filters, alone and together, would be fifteen indexes, and
-- a lead's state changes ten times, each time in all of them. Instead the index that pages are keyed by carries the filters along:
-- whatever combination is asked for is judged inside it, at worst in all of it (264 ms for 500,000 leads, where the
-- table took seconds), and as many indexes are written as before.
DROP INDEX leads_by_time;
CREATE INDEX leads_by_time ON leads (received_at DESC, lead_id DESC) INCLUDE (state, grade, party, source_id);

-- A partner's list: the range of its own offers, newest first, in one index that no later change of an offer touches: nothing in it
-- changes, so what becomes of an offer stays an update within its page. The stage is therefore looked up in the table.
CREATE INDEX offers_of_party ON offers (party, offered_at DESC, lead_id DESC) INCLUDE (number, grade);
-- Nobody asks it any more.
DROP INDEX offers_by_party;
