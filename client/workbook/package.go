package workbook

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"strings"
)

// The limits of a workbook. A form has a few hundred rows; whoever has more sends several files, or CSV.
const (
	MaxFile  = 8 << 20
	maxPart  = 16 << 20
	maxTotal = 64 << 20
	// maxParts and maxRatio keep an archive of many parts, or of one that swells, from being unpacked at all.
	maxParts = 200
	maxRatio = 100
	// ratioFrom is the size below which a part may be packed as tightly as it likes.
	ratioFrom = 256 << 10

	maxRows   = 20_000
	maxCells  = 200_000
	maxMerged = 20_000
	maxSheets = 100
	// maxCell holds a note of 2,000 characters, of which Vietnamese ones take up to three bytes.
	maxCell    = 8 << 10
	lastRow    = 1 << 20
	lastColumn = 1 << 14
)

// The beginnings of files.
var (
	zipMark      = []byte("PK\x03\x04")
	compoundMark = []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}
	// encryptedPart is the name of the stream of an encrypted workbook, in UTF-16.
	encryptedPart = []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
)

// IsWorkbook says whether a file begins like a workbook, old ones and encrypted ones too.
func IsWorkbook(content []byte) bool {
	return bytes.HasPrefix(content, zipMark) || bytes.HasPrefix(content, compoundMark)
}

// parts is the archive of a workbook, of which nothing was unpacked yet.
type parts struct {
	files map[string]*zip.File
}

// openParts looks at the directory of the archive and refuses what cannot be, or should not be, a form.
func openParts(content []byte) (*parts, *Problem) {
	switch {
	case len(content) > MaxFile:
		return nil, refuse("WORKBOOK_TOO_LARGE", "limit", "8 MiB")
	case bytes.HasPrefix(content, compoundMark) && bytes.Contains(content, encryptedPart):
		return nil, refuse("WORKBOOK_ENCRYPTED")
	case bytes.HasPrefix(content, compoundMark):
		return nil, refuse("WORKBOOK_OLD")
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, refuse("WORKBOOK_DAMAGED")
	}
	if len(archive.File) > maxParts {
		return nil, refuse("WORKBOOK_TOO_LARGE", "limit", "200 parts")
	}
	p := &parts{files: map[string]*zip.File{}}
	total := uint64(0)
	for _, f := range archive.File {
		// The library that writes copies folds names alike, and must not see another part than we do.
		name := strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(f.Name, `\`, "/")), "/"))
		if why := suspicious(name, f); why != "" {
			return nil, refuse(why)
		}
		if _, twice := p.files[name]; twice {
			return nil, refuse("WORKBOOK_DAMAGED")
		}
		if total += f.UncompressedSize64; f.UncompressedSize64 > maxPart || total > maxTotal || swells(f) {
			return nil, refuse("WORKBOOK_TOO_LARGE", "limit", "16 MiB a part, 64 MiB in all")
		}
		p.files[name] = f
	}
	return p, nil
}

func swells(f *zip.File) bool {
	return f.UncompressedSize64 > ratioFrom && f.UncompressedSize64/maxRatio > f.CompressedSize64
}

// suspicious names what a form has no use for: programs, and figures that stand in other files.
func suspicious(name string, f *zip.File) string {
	switch {
	case f.Flags&1 != 0:
		return "WORKBOOK_ENCRYPTED"
	case strings.HasSuffix(name, "vbaproject.bin"), strings.Contains(name, "macrosheets/"), strings.Contains(name, "activex/"):
		return "WORKBOOK_MACROS"
	case strings.Contains(name, "externallinks/"):
		return "WORKBOOK_EXTERNAL_LINKS"
	}
	return ""
}

// open gives a part to read; nil if there is none.
func (p *parts) open(name string) (io.ReadCloser, error) {
	f := p.files[strings.ToLower(strings.TrimPrefix(name, "/"))]
	if f == nil {
		return nil, nil //nolint:nilnil // a part that a workbook may lack
	}
	// What is longer than the directory says is an error of the archive's reader, so nothing unpacks beyond the limits.
	return f.Open()
}
