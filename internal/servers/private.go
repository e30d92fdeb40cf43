package servers

// Private is a server of one test.
type Private struct {
	*Server
	process *process
	tb      TB
}

func startPrivate(tb TB, k *kind, settings []string) *Private {
	tb.Helper()
	programs, ok := k.find()
	if !ok {
		tb.Skipf("%s", k.missing())
	}
	p, err := launch(k, programs, settings)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(func() {
		if err := p.close(); err != nil {
			tb.Errorf("stop %s: %v", k.name, err)
		}
	})
	return &Private{&Server{kind: k, dsn: p.dsn(), own: true}, p, tb}
}
