// Package bench puts the store beside others that do the same work, and beside those that do less, in rounds of one run on
// one machine, and says how its goals stand.
//
// Absolute figures say something about the machine and about who else uses it; ratios within a round say something about the
// store. So contestants take turns in an order that is drawn anew for each round, with a short rest between, nobody's turn is
// left out, and what a hypervisor took away is shown. Client, daemon and peers share the processors: whoever is asked through
// gRPC is asked by the same client, which makes its messages meanwhile, and whose time counts. The rows of PostgreSQL and the
// answers as JSON are received and not decoded, those over gRPC are.
package bench
