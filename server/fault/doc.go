// Package fault holds the kinds of failure that every room of the server speaks of.
//
// An [Error] has two halves. The public half is for whoever asked: a kind, which the edge maps to exactly one
// canonical code; a stable UPPER_SNAKE reason, under which the bilingual text is found; an English sentence that says
// what was asked, what is wrong and what to do; the field, and named parameters. The private half is the foreign error
// behind it, which may hold paths, addresses or figures: it is reached by errors.Is, errors.As and [Error.Private],
// which the log prints, and never stands in [Error.Error] or in Text.
//
// There are few kinds instead of many sentinel values, so that the mapping to codes is total: an error that nobody
// classified is [KindInternal], which says nothing about itself to the caller.
package fault
