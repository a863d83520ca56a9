// Package workbook is the form of a report as a spreadsheet: it writes the workbook that an officer fills in, reads back
// what became of it, and writes a copy with what is wrong as comments of the cells.
//
// It is apart from package client, so that whoever sends figures from a program of his own compiles no library for
// spreadsheets, and it is pure: bytes and facts come in, bytes, rows and problems go out. It calls no server; what the
// server says about a row is laid beside the cell that the row came from.
//
// [Write] makes the workbook. [Open] takes one apart, or a CSV export of one, and [Book.Figures] reads the rows of
// figures.csv out of it. Two layouts are understood, wherever in a visible sheet they begin and in whatever order their
// columns stand:
//
//   - the form: a line that names unit, form and period, then one row for each indicator ("Chỉ tiêu", "Thực hiện"); of a
//     ratio one row for each part, or columns "Tử số" and "Mẫu số";
//   - the columns of figures.csv, one row for each figure.
//
// A sheet may have several of them, one below the other, and a workbook several sheets. Columns that are not known are
// left out and told of; hidden sheets are not read and told of.
//
// What cannot be known is refused, never guessed. A text with a dot or comma has two meanings until the sender says how he
// writes numbers. A number of a cell is a binary fraction and is taken where it lies within 1e-9 of the indicator's scale
// (R49). It is refused where the spreadsheet keeps no more than 15 digits of it, where it is a date, where a formula has no
// result, where a zero is shown as a dash, and where one cell is merged over several indicators. A number in a column of
// codes has lost its zeros, or may have.
//
// The reader of workbooks is our own, and streams: the library that writes them ([excelize]) tells no types where it
// streams, and makes room for every cell left of one that is far to the right, so a small file can ask for gigabytes.
// Nothing is unpacked before the directory of the file was looked at, and nothing beyond the limits of this package.
//
// [excelize]: https://github.com/qax-os/excelize
package workbook
