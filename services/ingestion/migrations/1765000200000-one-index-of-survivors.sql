-- The same as leads_absorbed, which came later: a second one only costs every write.
DROP INDEX leads_by_survivor;
