// Package turn is one turn of a contestant: so many at a time do the same thing for a while, and how many were done and how
// long each took is counted. Contestants that would share the memory of the program with others take their turns in a
// process of their own, which is the same program started again.
package turn
