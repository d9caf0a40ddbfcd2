// Package catalog is the appliance's SQL database: files, documents, persons,
// users, who may do what, the intake journal, jobs, and the audit log's rows.
// What belongs together commits together.
//
// One SQL text runs on SQLite and on PostgreSQL. Both behave alike: there is
// one writing transaction at a time (BEGIN IMMEDIATE; a lock on the table
// writer), readers see a snapshot and never wait. So counters give numbers in
// the order of commits, and who has seen change n has seen all before it.
//
// Rows are reached by the methods of Tx, inside WithTx or Read. The catalog
// decides nothing about rights: it joins the facts (Facts, FactsForDocuments)
// and the files that a filter opens (VisibleFiles); policy decides.
//
// Errors are of record's categories: NotFound when a row isn't there, Conflict
// when a unique value is taken, Busy when a lock wasn't to be had in time,
// Unavailable when the database can't be reached or its disk is full, Corrupt
// when it is damaged, Invalid for text that can't be stored. Their texts hold
// no values from rows.
package catalog
