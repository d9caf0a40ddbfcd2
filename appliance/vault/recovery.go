package vault

import (
	"bytes"
	"fmt"
	"io"
	"strconv"

	"filippo.io/age"

	"eakte/appliance/record"
)

// custodianCount people share the recovery identity; any two can use it.
const custodianCount = 3

// NewRecovery makes the recovery identity and keeps it only as age files, one
// for each pair of custodians: encrypted to the second of the pair, and that
// again to the first. So two people open it, with age alone:
//
//	age -d -i first.key recovery-1-2.age | age -d -i second.key > recovery.key
//
// custodians are three different age recipients; with none, three identities
// are made and returned, to be handed to three people and then wiped.
// recipient is what keys are sealed to; pairs are the files by name.
func NewRecovery(custodians []string) (recipient string, pairs map[string][]byte, madeIdentities []string, err error) {
	if len(custodians) == 0 {
		for range custodianCount {
			made, err := age.GenerateX25519Identity()
			if err != nil {
				return "", nil, nil, fmt.Errorf("vault: recovery: %w", err)
			}
			madeIdentities = append(madeIdentities, made.String())
			custodians = append(custodians, made.Recipient().String())
		}
	}
	recipients, err := parseCustodians(custodians)
	if err != nil {
		return "", nil, nil, err
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return "", nil, nil, fmt.Errorf("vault: recovery: %w", err)
	}
	plain := []byte("# eAkte recovery key, public key: " + identity.Recipient().String() + "\n" + identity.String() + "\n")
	pairs = make(map[string][]byte)
	for i := range recipients {
		for j := i + 1; j < len(recipients); j++ {
			inner, err := ageEncrypt(plain, recipients[j])
			if err != nil {
				return "", nil, nil, fmt.Errorf("vault: recovery: %w", err)
			}
			outer, err := ageEncrypt(inner, recipients[i])
			if err != nil {
				return "", nil, nil, fmt.Errorf("vault: recovery: %w", err)
			}
			pairs[fmt.Sprintf("recovery-%d-%d.age", i+1, j+1)] = outer
		}
	}
	return identity.Recipient().String(), pairs, madeIdentities, nil
}

// CheckCustodian says whether a text can be a custodian's age recipient; the
// error is record.Invalid.
func CheckCustodian(recipient string) error {
	if _, err := age.ParseX25519Recipient(recipient); err != nil {
		return &record.Error{Category: record.Invalid, Field: "recovery", Message: "This is not an age1… recipient.",
			Hint: "Each custodian runs age-keygen and names the public key.", Cause: err}
	}
	return nil
}

func parseCustodians(custodians []string) ([]age.Recipient, error) {
	if len(custodians) != custodianCount {
		return nil, record.Bad("recovery", "%d custodians are named; there must be %d", len(custodians), custodianCount)
	}
	seen := make(map[string]bool)
	var recipients []age.Recipient
	for i, c := range custodians {
		field := "recovery[" + strconv.Itoa(i) + "]"
		r, err := age.ParseX25519Recipient(c)
		if err != nil {
			return nil, &record.Error{Category: record.Invalid, Field: field, Message: "This is not an age1… recipient.",
				Hint: "Each custodian runs age-keygen and names the public key.", Cause: err}
		}
		if seen[r.String()] {
			return nil, record.Bad(field, "this custodian is named twice; two people must be needed")
		}
		seen[r.String()] = true
		recipients = append(recipients, r)
	}
	return recipients, nil
}

func ageEncrypt(plain []byte, to ...age.Recipient) ([]byte, error) {
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to...)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func ageDecrypt(cipher []byte, with ...age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(cipher), with...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
