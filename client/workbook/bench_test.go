package workbook_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/tonghop/tonghop/client/workbook"
)

// BenchmarkRead reads a workbook of 20,000 rows of ten cells and, beside it, lets the library that writes workbooks read
// the same one row by row as texts, without types. The ratio is what counts: below 1 we are done first.
//
//	go test ./client/workbook -run '^$' -bench Read -benchtime 5x
func BenchmarkRead(b *testing.B) {
	var list [][]any
	for i := range 19_999 {
		list = append(list, []any{fmt.Sprintf("%05d", 10_000+i%5000), "CDS", fmt.Sprintf("2024-%02d", 1+i/5000), "CQ-11", i, nil, nil, "VALUE", "ghi chú", "final"})
	}
	content := table(b, list)
	ours, theirs := 0.0, 0.0
	for b.Loop() {
		ours += seconds(func() {
			book, err := workbook.Open(content)
			if err != nil {
				b.Fatal(err)
			}
			f, err := book.Figures(workbook.Reading{Catalogue: catalogue})
			if err != nil || len(f.Rows) != len(list) {
				b.Fatal(len(f.Rows), f.Problems, err)
			}
			if _, err := f.CSV(); err != nil {
				b.Fatal(err)
			}
		})
		theirs += seconds(func() {
			f, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{RawCellValue: true})
			if err != nil {
				b.Fatal(err)
			}
			rows, err := f.Rows("Sheet1")
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for rows.Next() {
				if _, err := rows.Columns(); err != nil {
					b.Fatal(err)
				}
				n++
			}
			if err := rows.Close(); err != nil || n != len(list)+1 {
				b.Fatal(n, err)
			}
		})
	}
	b.ReportMetric(ours/theirs, "÷excelize")
	b.ReportMetric(ours/float64(b.N)/float64(len(list))*1e9, "ns/row")
}

func seconds(work func()) float64 {
	began := time.Now()
	work()
	return time.Since(began).Seconds()
}
