package workbook

// ReadNumber reads a text as a cell of text is read.
func ReadNumber(s string, numbers Numbers) (string, *Problem) { return written(s, numbers) }

// ReadStored reads a number as it stands in a file.
func ReadStored(s string, scale int) (string, *Problem) {
	return stored(cell{kind: number, content: s}, scale, "")
}
