// Package text holds what the project needs to know of written Vietnamese: one form of storing it (NFC), one way of
// folding it for search, one order of sorting it, and the rules on what a name, a note and a code may contain.
//
// The same name reaches us as Hòa and as Hoà, composed and decomposed, with the letter Đ or with one of two other
// letters that look the same. [NFC] settles the bytes, [Fold] the search, [Compare] and [Sort] the order; codes are
// plain ASCII and folded by [FoldCode] alone.
package text
