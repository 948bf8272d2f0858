-- The key of whoever opened the session in which something was proposed or planned, where that is another than the one in whose name it was: the
-- second person is neither of the two. NULL: none, or from before that was kept, when whoever had made a key could open sessions for it as now.
ALTER TABLE policy_proposals ADD COLUMN opened_by text;
ALTER TABLE planned_activations ADD COLUMN opened_by text;
