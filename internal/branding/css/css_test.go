package css_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/branding/css"
)

// TestAllowedSheetsSayWhatTheySaid fails when an allowed rule is lost or changed.
func TestAllowedSheetsSayWhatTheySaid(t *testing.T) {
	t.Parallel()
	for sheet, want := range map[string]string{
		"": "",
		".banner-customizable { padding: 25px 0px;  background-color : #FFF }":  ".banner-customizable{padding:25px 0px;background-color:#FFF;}\n",
		".submitButton-customizable:hover{color:rgba(0, 0, 0, .5)!important;;}": ".submitButton-customizable:hover{color:rgba(0, 0, 0, .5)!important;}\n",
		"/* a } */.label-customizable{/* b */font-family:'Open Sans', serif}":   ".label-customizable{font-family:'Open Sans', serif;}\n",
		".logo-customizable,.inputField-customizable:focus{width:calc(50% - 2px)}": ".logo-customizable{width:calc(50% - 2px);}\n" +
			".inputField-customizable:focus{width:calc(50% - 2px);}\n",
		".inputField-customizable:focus { border-color: #66afe9; outline: 0; }":  ".inputField-customizable:focus{border-color:#66afe9;outline:0;}\n", // AWS's template has it
		".background-customizable{background:linear-gradient(#fff, rgb(0,0,0))}": ".background-customizable{background:linear-gradient(#fff, rgb(0,0,0));}\n",
	} {
		rules, err := css.Parse(sheet)
		if err != nil {
			t.Errorf("%s: %v", sheet, err)
		}
		if diff := cmp.Diff(want, css.String(rules)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", sheet, diff)
		}
	}
}

// TestAttacksByStyleAreRefused fails when a sheet gets through that fetches, runs, hides or rearranges something.
func TestAttacksByStyleAreRefused(t *testing.T) {
	t.Parallel()
	const in = ".banner-customizable{"
	for _, sheet := range []string{
		"body{color:red}", "*{color:red}", ".other{color:red}", ".banner-customizable input{color:red}", ".banner-customizable:focus{color:red}",
		".inputField-customizable[value^=a]{color:red}", "@import 'https://evil.example/a.css';", "@media print{.banner-customizable{color:red}}",
		".banner-customizable::after{color:red}", "#a{color:red}", ".banner-customizable,{color:red}", ".BANNER-customizable{color:red}",
		in + "background:url(https://evil.example/a)}", in + "background:URL (https://evil.example)}", in + `background:u\72l(a)}`,
		in + "background:image-set('a' 1x)}", in + "width:expression(alert(1))}", in + "color:javascript:alert(1)}", in + "color:var(--x)}",
		in + "position:fixed}", in + "content:'x'}", in + "behavior:x}", in + "-moz-binding:x}", in + "transform:none}", in + "--x:1}",
		in + "color:red", in + "color}", in + "color:}", in + "color:red{}", in + "color:</style><script>}", in + "font-family:'a}", in + "width:calc(1px}",
		in + "color:red)(}", "/* open", in + "color:" + strings.Repeat("a", 500) + "}", in + "color:\x00red}", in + "background:attr(x)}",
		in + "background:_url(x)}",
	} {
		if rules, err := css.Parse(sheet); err == nil {
			t.Errorf("%q was read as %q", sheet, css.String(rules))
		}
	}
}

// FuzzParse fails when a sheet crashes the reader, or what is written from it can leave its block, fetch or run.
func FuzzParse(f *testing.F) {
	for _, sheet := range []string{".logo-customizable{width:1px}", ".label-customizable{color:rgb(1,2,3)}/**/", "@a{}", "}{", ".x:{:;}"} {
		f.Add(sheet)
	}
	f.Fuzz(func(t *testing.T, sheet string) {
		rules, err := css.Parse(sheet)
		if err != nil {
			return
		}
		out := css.String(rules)
		if strings.ContainsAny(out, "<>@\\") || strings.Contains(strings.ToLower(out), "url") && strings.Contains(strings.ToLower(out), "url(") {
			t.Errorf("%q gave %q", sheet, out)
		}
		again, err := css.Parse(out)
		if err != nil || css.String(again) != out {
			t.Errorf("%q gave %q, which gives %q (%v)", sheet, out, css.String(again), err)
		}
	})
}
