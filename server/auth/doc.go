// Package auth knows who calls and what they may do; it knows neither the wire nor the disk.
//
// A [Token] is one grant: a [Role] over the subtree of one unit, or over every unit, and over one form or all. Its text
// is a [Secret] that is shown once; the store keeps the SHA-256 alone. Its public id is the principal that entries name.
//
// [Allowed] is the one authorisation function. It answers no to everything that it was not taught to allow: to nobody,
// to an ended or revoked token, to a role or a right that it does not know, to a unit that the tree does not know. It is
// asked inside the transaction that acts on the answer, so that a token revoked a moment ago is refused. What it cannot
// see, others refuse: that nobody approves his own report, that drafts belong to their unit, that a period is closed.
//
// # The text of a token
//
// th_ID_SECRET_SUM: twelve small letters and digits, 256 random bits in base64url, and the CRC-32 of all before it in
// eight hexadecimal digits. The prefix lets a scanner of repositories find a token that was published by mistake; the
// sum lets a mistyped one be told from a wrong one without asking the store. The parts have fixed lengths, since
// base64url has the underscore among its letters.
//
//	th_0m3v9f2nxqra_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY_830fc5f3
package auth
