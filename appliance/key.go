package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
)

func runKey(ctx context.Context, c *cli) int {
	fs := c.flags()
	data, file := fs.String("data", "", "folder of the archive"), fs.String("config", "", "configuration file (JSON)")
	if fs.Parse(c.args) != nil {
		return exitUsage
	}
	if fs.NArg() == 0 {
		return c.wrong("say what: status, rotate, retire or recover")
	}
	verb := fs.Arg(0)
	more := c.flags()
	recovery := more.String("recovery", "", "recover: file with the recovery identity, as two custodians have opened it")
	if more.Parse(fs.Args()[1:]) != nil || more.NArg() > 0 {
		return exitUsage
	}
	cfg, err := c.config(*file, *data, "")
	if err != nil {
		return c.wrong("%v", err)
	}
	switch {
	case verb == "recover" && *recovery == "":
		return c.wrong("recover needs --recovery FILE")
	case verb == "recover":
		if err := recoverKeys(ctx, c, cfg, *recovery); err != nil {
			return c.fail(err)
		}
		return exitDone
	case verb == "status" || verb == "rotate" || verb == "retire":
		return perform(ctx, c, cfg, operation{Name: "key", Args: map[string]string{"verb": verb}}, nil)
	}
	return c.wrong("%q is none of status, rotate, retire and recover", verb)
}

// doKey changes the appliance's sealing key, or says how far that is.
func doKey(ctx context.Context, a *app, args map[string]string, _ io.Reader, out io.Writer) error {
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	switch args["verb"] {
	case "status":
		return a.keyStatus(ctx, out)
	case "rotate":
		r, err := a.tasks.Rotate(ctx, a.operator(), say)
		if err != nil {
			return err
		}
		return rotated(r, out)
	case "retire":
		kept, err := a.tasks.Retire(ctx, a.operator(), say)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "Nothing in the store is sealed by an older identity any more, and the key file holds the newest only.\n"+
			"The key file as it was is kept: %s\n"+
			"It opens what backups of the store from before hold. When the last of them has been deleted, destroy it,\n"+
			"and now every other copy of the old key file: a copy of the new one takes its place.\n", kept)
		return nil
	}
	return record.Bad("key", "can status, rotate and retire")
}

// rotated says how a rotation ended; the answer is no unless it is complete.
func rotated(r catalog.Rotation, out io.Writer) error {
	switch r.State {
	case catalog.RotationDone:
		fmt.Fprintf(out, "Every key is sealed by generation %d. The older identities still open their copies; eakte key retire removes both.\n", r.Generation)
		return nil
	case catalog.RotationWaiting:
		fmt.Fprintf(out, "%d documents on their way in carry keys sealed by an older identity. A running server goes on by itself when they are in; "+
			"otherwise run the command again.\n", r.Waiting)
	default:
		fmt.Fprintf(out, "%d keys can't be opened; the log names them. Restore them from a backup of the keys bucket, then run the command again.\n", r.Broken)
	}
	return errAnswerNo
}

// keyStatus says which identities there are and how far a rotation is.
func (a *app) keyStatus(ctx context.Context, out io.Writer) error {
	r, err := a.rotation(ctx)
	if err != nil {
		return err
	}
	ring := a.vault.Keyring()
	fmt.Fprintf(out, "key file    %s\ngeneration  %d seals; the file holds %s\npublic key  %s\nrecovery    %s\n", a.cfg.KeyFile, ring.Generation(),
		strings.Trim(fmt.Sprint(ring.Generations()), "[]"), ring.Recipient(), ring.RecoveryRecipient())
	switch {
	case r.State == "":
		fmt.Fprintln(out, "rotation    none so far")
	case r.State == catalog.RotationWaiting:
		fmt.Fprintf(out, "rotation    %s: %d sealed anew; %d documents on their way in\n", r.State, r.Done, r.Waiting)
	default:
		fmt.Fprintf(out, "rotation    %s: %d looked at in this pass, %d sealed anew, %d not to be opened\n", r.State, r.Seen, r.Done, r.Broken)
	}
	if err := upkeep.CheckKeyFile(r, ring); err != nil {
		return err
	}
	if r.Unfinished() {
		return errAnswerNo
	}
	return nil
}

func (a *app) rotation(ctx context.Context) (r catalog.Rotation, err error) {
	err = a.catalog.Read(ctx, func(tx *catalog.Tx) error { r, err = tx.Rotation(); return err })
	return r, err
}

// checkKeyFile refuses to start with a key file that is older than the
// archive's last rotation. A catalog that was made anew knows of none: where
// the key file holds the newest identity only, that is how it is.
func (a *app) checkKeyFile(ctx context.Context, ring *vault.Keyring) error {
	r, err := a.rotation(ctx)
	if err == nil {
		err = upkeep.CheckKeyFile(r, ring)
	}
	if err != nil || r.Generation > 0 || ring.Generation() == 1 || len(ring.Generations()) > 1 {
		return err
	}
	return a.catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		return tx.SetRotation(catalog.Rotation{Generation: ring.Generation(), Recipient: ring.Recipient(), State: catalog.RotationRetired})
	})
}

// lookAtKeys shows a rotation that has not ended, and an old key file that is
// to be destroyed.
func (a *app) lookAtKeys(ctx context.Context) admin.Finding {
	r, err := a.rotation(ctx)
	if err != nil {
		return admin.Finding{State: admin.Degraded, Code: "keys.unknown", Message: "How far a change of the sealing key is can't be read."}
	}
	ring := a.vault.Keyring()
	values := map[string]string{"generation": fmt.Sprint(ring.Generation()), "seen": fmt.Sprint(r.Seen), "broken": fmt.Sprint(r.Broken), "waiting": fmt.Sprint(r.Waiting)}
	switch {
	case upkeep.CheckKeyFile(r, ring) != nil:
		return admin.Finding{State: admin.Degraded, Code: "keys.older", Message: "The key file of this process is older than the archive's last rotation.",
			Hint: "Put the newest key file in its place on this machine and restart the appliance.", Values: values}
	case r.State == catalog.RotationIncomplete:
		return admin.Finding{State: admin.Degraded, Code: "keys.broken", Message: fmt.Sprintf("%d keys can't be opened, so the sealing key is not changed everywhere.", r.Broken),
			Hint: "The log names them. Restore them from a backup of the keys bucket, then run eakte key rotate again.", Values: values}
	case r.State == catalog.RotationWaiting:
		return admin.Finding{State: admin.Degraded, Code: "keys.waiting", Message: fmt.Sprintf("%d documents on their way in carry keys of the older sealing key.", r.Waiting),
			Hint: "It goes on by itself when they are in.", Values: values}
	case r.Unfinished() || r.Generation < ring.Generation() && ring.Generation() > 1:
		return admin.Finding{State: admin.Degraded, Code: "keys.running", Message: fmt.Sprintf("The sealing key is being changed: %d keys looked at.", r.Seen),
			Hint: "A server goes on by itself; otherwise run eakte key rotate again.", Values: values}
	}
	kept := vault.RetiredKeyFile(a.cfg.KeyFile, ring.Generation())
	if _, err := os.Stat(kept); err == nil && len(ring.Generations()) == 1 {
		return admin.Finding{State: admin.Degraded, Code: "keys.kept", Message: "The key file from before the change of the sealing key still lies beside the new one.",
			Hint: "Destroy it when the last backup from before has been deleted.", Values: values}
	}
	return admin.Finding{State: admin.OK, Code: "keys.ok", Message: fmt.Sprintf("generation %d seals", ring.Generation()), Values: values}
}
