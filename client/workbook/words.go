package workbook

// saying is what is wrong and what to do, in one language.
type saying struct{ says, remedy string }

// words are the texts of all reasons.
var words = map[string]struct{ vi, en saying }{
	"WORKBOOK_TOO_LARGE": {
		saying{"Tệp vượt giới hạn của một biểu báo cáo ({limit})", "đề nghị tách thành nhiều tệp hoặc gửi bằng tệp CSV"},
		saying{"the file is larger than a form may be ({limit})", "divide it, or send CSV"},
	},
	"WORKBOOK_ENCRYPTED": {
		saying{"Tệp Excel có mật khẩu nên không đọc được", "đề nghị bỏ mật khẩu (Tệp, Thông tin, Bảo vệ sổ làm việc) rồi lưu lại"},
		saying{"the workbook is encrypted and cannot be read", "take the password away (File, Info, Protect Workbook) and save it again"},
	},
	"WORKBOOK_OLD": {
		saying{"Tệp thuộc định dạng cũ (.xls) hoặc không phải sổ làm việc", "đề nghị mở bằng Excel rồi lưu thành .xlsx"},
		saying{"the file has the old format (.xls) or is no workbook", "open it and save it as .xlsx"},
	},
	"WORKBOOK_MACROS": {
		saying{"Tệp có chứa macro nên không nhận", "đề nghị lưu thành .xlsx (không có macro)"},
		saying{"the workbook holds macros and is not taken", "save it as .xlsx, without macros"},
	},
	"WORKBOOK_EXTERNAL_LINKS": {
		saying{"Tệp có liên kết đến tệp khác nên không biết được số liệu", "đề nghị ngắt liên kết (Dữ liệu, Sửa liên kết, Ngắt liên kết) rồi lưu lại"},
		saying{"the workbook is linked to other files, so its figures are not known", "break the links (Data, Edit Links, Break Link) and save it again"},
	},
	"WORKBOOK_DAMAGED": {
		saying{"Tệp Excel bị hỏng nên không đọc được", "đề nghị mở bằng Excel, lưu lại rồi gửi tệp mới"},
		saying{"the workbook is damaged and cannot be read", "open it, save it again and send the new file"},
	},
	"NOT_UTF8": {
		saying{"Tệp không phải UTF-8 mà giống {encoding}", "đề nghị lưu lại thành “CSV UTF-8”"},
		saying{"the file is not UTF-8, it looks like {encoding}", "save it again as \"CSV UTF-8\""},
	},
	"CSV_DAMAGED": {
		saying{"Dòng này có dấu nháy kép đặt sai nên không tách được ô", "đề nghị đặt cả ô trong dấu nháy kép và viết đôi dấu nháy bên trong"},
		saying{"a quotation mark of this line is misplaced, and its cells cannot be told apart", "put the whole cell in quotation marks and double those inside it"},
	},
	"NO_FORM": {
		saying{"Không tìm thấy dòng tiêu đề có cột “Chỉ tiêu” (hoặc “Mã chỉ tiêu”) và cột “Thực hiện”", "đề nghị dùng mẫu do lệnh tonghop template tạo ra, hoặc đặt tên cột như figures.csv"},
		saying{"no row names the columns \"Chỉ tiêu\" (or \"Mã chỉ tiêu\") and \"Thực hiện\"", "use the form that tonghop template writes, or name the columns as in figures.csv"},
	},
	"UNIT_MISSING": {
		saying{"Không biết biểu là của đơn vị nào", "đề nghị ghi phía trên bảng một dòng “Mã đơn vị:” kèm mã, dạng văn bản"},
		saying{"nothing says which unit the table is of", "write a line \"Mã đơn vị:\" with the code, as text, above the table"},
	},
	"FORM_MISSING": {
		saying{"Không biết đây là biểu mẫu nào", "đề nghị ghi phía trên bảng một dòng “Mã biểu:” kèm mã biểu mẫu"},
		saying{"nothing says which form it is", "write a line \"Mã biểu:\" with the code of the form above the table"},
	},
	"PERIOD_MISSING": {
		saying{"Không biết biểu thuộc kỳ báo cáo nào", "đề nghị ghi phía trên bảng một dòng “Kỳ báo cáo:” kèm kỳ, ví dụ 2024-02"},
		saying{"nothing says which period it is of", "write a line \"Kỳ báo cáo:\" with the period, such as 2024-02, above the table"},
	},
	"PERIOD_DIFFERS": {
		saying{"Tiêu đề ghi “{title}” nhưng mã kỳ báo cáo là {period}", "đề nghị sửa chỗ sai; nếu là biểu cũ của kỳ trước thì tạo mẫu mới"},
		saying{"the title says \"{title}\", but the code of the period is {period}", "correct the wrong one; if this is the form of another month, write a new one"},
	},
	"COLUMN_TWICE": {
		saying{"Có hai cột cùng ý nghĩa “{column}” nên không biết lấy cột nào", "đề nghị xóa hoặc đổi tên một cột"},
		saying{"two columns mean the same as \"{column}\", and which one counts is not known", "delete one or give it another name"},
	},
	"COLUMN_LEFT_OUT": {
		saying{"Cột này không có trong biểu mẫu nên không được đọc", "nếu đó là số liệu cần gửi, đề nghị đặt lại tên cột theo biểu mẫu"},
		saying{"the form has no such column, and it was not read", "if its figures are to be sent, name it as the form does"},
	},
	"SHEET_HIDDEN": {
		saying{"Trang tính bị ẩn nên không được đọc", "nếu có số liệu cần gửi, đề nghị bỏ ẩn trang tính"},
		saying{"the sheet is hidden and was not read", "show it if its figures are to be sent"},
	},
	"SHEET_WITHOUT_FORM": {
		saying{"Trang tính không có bảng số liệu nên không được đọc", "nếu có số liệu cần gửi, đề nghị đặt tên cột như biểu mẫu"},
		saying{"the sheet has no table of figures and was not read", "if its figures are to be sent, name its columns as the form does"},
	},
	"ROW_HIDDEN": {
		saying{"Dòng bị ẩn nhưng số liệu vẫn được đọc", "nếu không muốn gửi, đề nghị xóa dòng"},
		saying{"the row is hidden, and its figure was read all the same", "delete it if it is not to be sent"},
	},
	"FORMULA_TAKEN": {
		saying{"Ô có công thức; đã lấy kết quả đang hiển thị", "đề nghị kiểm tra lại số này"},
		saying{"the cell has a formula; the result that it shows was taken", "look at it again"},
	},
	"FORMULA_WITHOUT_RESULT": {
		saying{"Ô có công thức nhưng tệp không lưu kết quả", "đề nghị mở bằng Excel rồi lưu lại, hoặc dán giá trị"},
		saying{"the cell has a formula whose result is not in the file", "open it in the spreadsheet and save it again, or paste the value"},
	},
	"FORMULA_STALE": {
		saying{"Ô có công thức nhưng sổ làm việc tính toán thủ công nên kết quả có thể đã cũ", "đề nghị bật tính toán tự động rồi lưu lại, hoặc dán giá trị"},
		saying{"the cell has a formula, and the workbook computes only when asked, so the result may be old", "switch automatic calculation on and save it again, or paste the value"},
	},
	"CODE_IS_NUMBER": {
		saying{"Mã {value} nằm trong ô kiểu số nên có thể đã mất số 0 ở đầu", "đề nghị định dạng ô thành văn bản rồi gõ lại đủ mã"},
		saying{"the code {value} stands in a cell of numbers and may have lost zeros in front", "format the cell as text and write the whole code"},
	},
	"CODE_IS_DATE": {
		saying{"Excel đã đổi nội dung ô thành ngày tháng nên không còn biết đã gõ gì", "đề nghị định dạng ô thành văn bản rồi gõ lại"},
		saying{"the spreadsheet made a date of the cell, and what was typed is not known any more", "format the cell as text and type it again"},
	},
	"CELL_ERROR": {
		saying{"Ô đang báo lỗi", "đề nghị sửa công thức hoặc gõ lại giá trị"},
		saying{"the cell shows an error", "mend the formula or type the value"},
	},
	"CELL_BOOLEAN": {
		saying{"Ô ghi TRUE hoặc FALSE", "nếu là có/không, đề nghị ghi 1 hoặc 0"},
		saying{"the cell holds TRUE or FALSE", "write 1 for yes and 0 for no"},
	},
	"CELL_EMPTY": {
		saying{"Chưa có số liệu", "bằng không thì ghi 0, không có số liệu thì ghi -, không áp dụng thì ghi x"},
		saying{"there is no figure", "write 0 if it is zero, - if it is not available, x if it does not apply"},
	},
	"CELL_MERGED": {
		saying{"Ô số liệu bị trộn qua nhiều dòng nên không biết là của chỉ tiêu nào", "đề nghị bỏ trộn ô và ghi số cho từng dòng"},
		saying{"the cell is merged over several rows, and of which indicator it is, is not known", "unmerge it and give each row its figure"},
	},
	"CELL_TOO_LONG": {
		saying{"Nội dung ô quá dài", "đề nghị rút gọn còn tối đa 2.000 ký tự"},
		saying{"the cell is too long", "shorten it to 2,000 characters"},
	},
	"NUMBER_AMBIGUOUS": {
		saying{"Số có dấu chấm hoặc dấu phẩy nằm trong ô văn bản nên có thể hiểu theo hai cách", "đề nghị gõ lại ở dạng số, hoặc khai báo --numbers vi (1.234,5) hoặc --numbers en (1,234.5)"},
		saying{"the number is text with a dot or comma and has two meanings", "type it as a number, or say --numbers vi (1.234,5) or --numbers en (1,234.5)"},
	},
	"NUMBER_GROUPING": {
		saying{"Dấu phân nhóm hàng nghìn đặt sai", "đề nghị kiểm tra lại số và cách viết số đã khai báo"},
		saying{"the digits are not grouped in threes", "look at the number and at the number format that was declared"},
	},
	"NUMBER_MALFORMED": {
		saying{"Nội dung không phải là số", "chỉ ghi số, hoặc - nếu không có số liệu, x nếu không áp dụng; giải thích thì ghi vào cột Ghi chú"},
		saying{"this is not a number", "write a number alone, or - if it is not available, x if it does not apply; explain in the column of notes"},
	},
	"NUMBER_LEADING_ZERO": {
		saying{"Số có chữ số 0 ở đầu, giống một mã", "nếu là số liệu, đề nghị bỏ số 0 ở đầu"},
		saying{"the number begins with a zero, as codes do", "take the zero away if it is a figure"},
	},
	"NUMBER_NEGATIVE_ZERO": {
		saying{"Số không có dấu trừ", "đề nghị ghi 0"},
		saying{"this is zero with a minus sign", "write 0"},
	},
	"NUMBER_OUT_OF_RANGE": {
		saying{"Số quá dài", "đề nghị kiểm tra lại số"},
		saying{"the number is too long", "look at it again"},
	},
	"NUMBER_PERCENT": {
		saying{"Ô ghi theo phần trăm nhưng đơn vị tính của chỉ tiêu không phải %", "đề nghị ghi số theo đúng đơn vị tính của chỉ tiêu, không kèm dấu %"},
		saying{"the cell is a percentage, and the indicator is not measured in %", "write the number in the indicator's unit of measure, without %"},
	},
	"NUMBER_IS_DATE": {
		saying{"Excel đã đổi số thành ngày tháng nên không còn biết đã gõ gì", "đề nghị định dạng ô thành số rồi gõ lại"},
		saying{"the spreadsheet made a date of the number, and what was typed is not known any more", "format the cell as a number and type it again"},
	},
	"NUMBER_TOO_PRECISE": {
		saying{"Số có nhiều chữ số thập phân hơn mức cho phép ({scale})", "đề nghị làm tròn số trong ô"},
		saying{"the number has more decimals than the indicator allows ({scale})", "round it in the cell"},
	},
	"NUMBER_DIGITS_LOST": {
		saying{"Số có hơn 15 chữ số mà Excel chỉ giữ 15 chữ số nên không biết chắc các chữ số cuối", "đề nghị định dạng ô thành văn bản rồi gõ lại đủ số"},
		saying{"the number has more than 15 digits, and spreadsheets keep 15, so the last ones are not known", "format the cell as text and type all digits"},
	},
	"ZERO_SHOWN_AS_DASH": {
		saying{"Ô chứa số 0 nhưng hiển thị dấu -", "nếu bằng không, đề nghị đổi định dạng ô để hiện 0; nếu không có số liệu, gõ dấu -"},
		saying{"the cell holds 0 and shows a dash", "show it as 0 if it is zero; type - if it is not available"},
	},
	"STATE_UNKNOWN": {
		saying{"Ký hiệu này không dùng trong biểu", "ghi - (dấu trừ) nếu không có số liệu, x (chữ thường) nếu không áp dụng"},
		saying{"the form does not know this sign", "write - (a hyphen) if it is not available, x (a small letter) if it does not apply"},
	},
	"PARTS_STATES_DIFFER": {
		saying{"Tử số và mẫu số ghi khác nhau: một bên là ký hiệu", "ghi số cho cả hai, hoặc cùng một ký hiệu - hay x cho cả hai"},
		saying{"numerator and denominator differ: one of them is a sign", "give two numbers, or the same sign - or x for both"},
	},
	"RATIO_WITHOUT_PARTS": {
		saying{"Chỉ tiêu này là tỷ lệ nhưng biểu không có dòng tử số, mẫu số", "đề nghị ghi tử số và mẫu số, mỗi số một dòng hoặc một cột, thay cho tỷ lệ"},
		saying{"this indicator is a ratio, and there are no rows of its parts", "give numerator and denominator, each in a row or column of its own, in the place of the quotient"},
	},
	"ROW_TWICE": {
		saying{"Chỉ tiêu {code}, hoặc phần này của nó, đã có ở dòng {row}", "đề nghị xóa một dòng"},
		saying{"{code}, or this part of it, stands on row {row} already", "delete one of the rows"},
	},
	"ROW_WITHOUT_INDICATOR": {
		saying{"Dòng có số liệu nhưng “{name}” không phải là tên của đúng một chỉ tiêu trong biểu mẫu", "đề nghị ghi mã chỉ tiêu vào cột “Mã chỉ tiêu”, hoặc xóa số ở dòng này"},
		saying{"the row has a figure, but \"{name}\" is not the name of one indicator of the form", "write the code into the column \"Mã chỉ tiêu\", or delete the figure"},
	},
}
