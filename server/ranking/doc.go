// Package ranking makes league tables (R29): 1, 2, 2, 4, on exact fractions, and says who has no rank and why.
//
// A unit without a value is missing, and one with a value that rests on too little is unranked; neither is ever the last. Ranks
// of two periods are compared only where the same units had one, for among others a place means something else.
package ranking
