// The little of zxing-cpp that is used, as C.
#ifndef EAKTE_ZXING_H
#define EAKTE_ZXING_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { EAKTE_TEXT = 1024 };

// The formats, to be added up.
enum { EAKTE_CODE39 = 1, EAKTE_CODE128 = 2, EAKTE_QR = 4, EAKTE_DATAMATRIX = 8 };

// What the result of eakte_zxing_read says when it is no count.
enum { EAKTE_NO_MEMORY = -1, EAKTE_THROWN = -2 };

typedef struct {
	int format;   // one of the above
	int x[4], y[4]; // its corners
	int lines;    // how many lines agreed, of a code of bars
	int length;   // of text, in bytes
	char text[EAKTE_TEXT];
} eakte_code;

// eakte_zxing_read looks for codes in a grey image and fills at most `most`
// of found. Texts that are longer than EAKTE_TEXT or said to be binary are left
// out. It throws nothing and keeps no pointer.
int eakte_zxing_read(const uint8_t *pixels, int width, int height, int stride, int formats,
	int global, int downscale, eakte_code *found, int most);

#ifdef __cplusplus
}
#endif
#endif
