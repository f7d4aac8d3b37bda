// Package picture tells what kind of image some bytes are and keeps out drawings that could run something. It decodes no
// pixels and changes nothing.
package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// Kind is the format of an image.
type Kind string

// The formats, by the names of Cognito's AssetExtensionType.
const (
	ICO  Kind = "ICO"
	JPEG Kind = "JPEG"
	PNG  Kind = "PNG"
	SVG  Kind = "SVG"
	WEBP Kind = "WEBP"
)

// Sniff tells the format by the first bytes; "" when it is none of these.
func Sniff(data []byte) Kind {
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return PNG
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return JPEG
	case bytes.HasPrefix(data, []byte("\x00\x00\x01\x00")):
		return ICO
	case len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return WEBP
	case Drawing(data) == nil:
		return SVG
	}
	return ""
}

// MediaType is the type to serve a format with.
func (k Kind) MediaType() string {
	switch k {
	case ICO:
		return "image/x-icon"
	case JPEG:
		return "image/jpeg"
	case PNG:
		return "image/png"
	case SVG:
		return "image/svg+xml"
	case WEBP:
		return "image/webp"
	}
	return "application/octet-stream"
}

// active elements run something or bring in what is not drawing.
var active = map[string]bool{
	"script": true, "foreignobject": true, "iframe": true, "object": true, "embed": true, "handler": true, "listener": true,
	"set": true, "animate": true, "animatemotion": true, "animatetransform": true, "animatecolor": true, "audio": true, "video": true,
}

// Drawing checks that data is an SVG document that draws and does nothing else: no scripts, no handlers, no animation of
// addresses, and no addresses outside of the document.
func Drawing(data []byte) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	root, style := false, false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if !root {
				return errors.New("it is no SVG document")
			}
			return nil
		}
		if err != nil {
			return errors.New("it is not XML")
		}
		switch x := token.(type) {
		case xml.Directive:
			if bytes.ContainsRune(x, '[') {
				return errors.New("its document type declares something")
			}
		case xml.ProcInst:
			if x.Target != "xml" {
				return errors.New("it has a processing instruction")
			}
		case xml.StartElement:
			if !root && (x.Name.Local != "svg" || x.Name.Space != "http://www.w3.org/2000/svg") {
				return errors.New("it is no SVG document")
			}
			root = true
			style = strings.EqualFold(x.Name.Local, "style")
			if err := still(x); err != nil {
				return err
			}
		case xml.EndElement:
			style = false
		case xml.CharData:
			if style && !local(string(x)) {
				return errors.New("its style names an address")
			}
		}
	}
}

func still(x xml.StartElement) error {
	if active[strings.ToLower(x.Name.Local)] {
		return errors.New("it has the element " + x.Name.Local)
	}
	for _, a := range x.Attr {
		name, value := strings.ToLower(a.Name.Local), strings.TrimSpace(a.Value)
		switch {
		case strings.HasPrefix(name, "on"):
			return errors.New("it has the handler " + a.Name.Local)
		case name == "href" || name == "src":
			if !strings.HasPrefix(value, "#") && !strings.HasPrefix(value, "data:image/png;") && !strings.HasPrefix(value, "data:image/jpeg;") {
				return errors.New("it names an address")
			}
		case name == "xmlns" || a.Name.Space == "xmlns":
		case !local(value):
			return errors.New("it names an address")
		}
	}
	return nil
}

// local says whether a piece of style stays in the document.
func local(style string) bool {
	style = strings.ToLower(style)
	if strings.Contains(style, "@import") || strings.Contains(style, "expression(") || strings.Contains(style, `\`) || strings.Contains(style, "javascript:") {
		return false
	}
	for {
		_, rest, found := strings.Cut(style, "url(")
		if !found {
			return true
		}
		if rest = strings.TrimLeft(rest, " '\""); !strings.HasPrefix(rest, "#") {
			return false
		}
		style = rest
	}
}
