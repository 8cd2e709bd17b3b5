package option

import "testing"

func TestSmoke(t *testing.T) {
	for _, args := range [][]string{{"-lvnp", "9999"}, {"-zvw1", "host", "22-80"}, {"-l", "--http", "8000"}, {"-x", "a:1", "h", "1"}} {
		o, err := Parse(args, &goncGrammar)
		if err != nil {
			t.Fatal(args, err)
		}
		t.Logf("%+v %v", o.Target, o.Proxies)
	}
	for _, args := range [][]string{{"-lz", "9999"}, {"-zvw1x"}, {"--x", "a"}, {"-k", "1"}, {"-l", "--http", "-N", "1"}, {"--dialect=q"}} {
		_, err := Parse(args, &goncGrammar)
		t.Logf("%#v", err)
	}
	_, err := Parse([]string{"--wai", "3", "host"}, &ncatGrammar)
	t.Log(err)
	_, err = Parse([]string{"--source", "3", "--proxy-", "host"}, &ncatGrammar)
	t.Log(err)
}
