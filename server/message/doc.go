// Package message gives the Vietnamese and English text of every reason.
//
// English is what the error itself says. Vietnamese stands in vi.json, under the reason, with the parameters of the error
// in braces:
//
//	"UNIT_NOT_FOUND": "Không tìm thấy đơn vị[ “{unit}”]; đề nghị ghi mã đơn vị, không ghi tên."
//
// Every placeholder stands in square brackets, and a pair of brackets whose parameters are not all there is left out
// with everything in it: an error that was made without a parameter still reads, and a reader never sees a brace. {field}
// is the path of the field at fault. Some words of the program are translated where they are a parameter's value:
// commune is cấp xã.
//
// To add a reason: make the error with a literal reason, or a constant whose name begins with Reason, give the values of
// the sentence by With, and write its text in vi.json. A test reads the source of the whole server and names each
// reason that has no text here, each text that has no reason, and each placeholder that no error gives.
package message
