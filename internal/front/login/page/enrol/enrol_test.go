package enrol

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"rsc.io/qr"
)

var run = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

// TestThePictureIsTheCode draws the path again, square by square: a wrong one is a code that no app reads.
func TestThePictureIsTheCode(t *testing.T) {
	t.Parallel()
	const text = "otpauth://totp/people:alice?issuer=people&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSW"
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	size, path := picture(text)
	if size != code.Size+8 {
		t.Errorf("size %d of a code of %d squares", size, code.Size)
	}
	dark := map[[2]int]bool{}
	for _, m := range run.FindAllStringSubmatch(path, -1) {
		var x, y, n, back int
		if _, err := fmt.Sscan(strings.Join(m[1:], " "), &x, &y, &n, &back); err != nil || n != back {
			t.Fatalf("%v: %v", m, err)
		}
		for i := range n {
			dark[[2]int{x - 4 + i, y - 4}] = true
		}
	}
	if rest := run.ReplaceAllString(path, ""); rest != "" {
		t.Errorf("the path holds something else: %s", rest)
	}
	for y := range code.Size {
		for x := range code.Size {
			if dark[[2]int{x, y}] != code.Black(x, y) {
				t.Errorf("square %d,%d is %v", x, y, dark[[2]int{x, y}])
			}
		}
	}
	if size, path := picture(strings.Repeat("x", 5000)); size != 0 || path != "" {
		t.Error("a text that fits no code has a picture")
	}
}
