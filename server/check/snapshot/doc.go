// Package snapshot is the check that every answer is of one moment, and says of which.
//
// While clients submit, correct, approve and send back as fast as they can, others ask for the roll-ups of a province,
// its districts and all communes in one request, for explanations and for lists of reports. In each answer the unit above
// is the sum of the units below it, in value and coverage. Each names its sequence, and afterwards everything in it is
// held against what naive addition of the acknowledged changes up to that sequence comes to. A change that was
// acknowledged before a question was asked is in the answer, whoever made it; so no client ever sees time go back. Of
// an answer in several pages each page is of its own moment, which it names, and none is older than the one before.
//
// Every change has one author, who owns its communes, and nothing is left without an answer; so the changes between two
// sequences are known without gaps, which is checked too.
package snapshot
