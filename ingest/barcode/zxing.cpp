#define ZX_USE_UTF8
#include <cstring>
#include <new>
#include <string>

#include <ReadBarcode.h>

#include "zxing.h"

using ZXing::BarcodeFormat;

static int ours(BarcodeFormat f) {
	switch (f) {
	case BarcodeFormat::Code39: return EAKTE_CODE39;
	case BarcodeFormat::Code128: return EAKTE_CODE128;
	case BarcodeFormat::QRCode: return EAKTE_QR;
	case BarcodeFormat::DataMatrix: return EAKTE_DATAMATRIX;
	default: return 0;
	}
}

static ZXing::DecodeHints hints(int formats, int global, int downscale, int most) {
	ZXing::BarcodeFormats wanted;
	if (formats & EAKTE_CODE39) wanted |= BarcodeFormat::Code39;
	if (formats & EAKTE_CODE128) wanted |= BarcodeFormat::Code128;
	if (formats & EAKTE_QR) wanted |= BarcodeFormat::QRCode;
	if (formats & EAKTE_DATAMATRIX) wanted |= BarcodeFormat::DataMatrix;
	ZXing::DecodeHints h;
	h.setFormats(wanted).setTryHarder(true).setTryRotate(true).setTryDownscale(downscale != 0);
	h.setBinarizer(global ? ZXing::Binarizer::GlobalHistogram : ZXing::Binarizer::LocalAverage);
	h.setMaxNumberOfSymbols(most);
	return h;
}

static bool fill(const ZXing::Result &r, eakte_code *c) {
	c->format = ours(r.format());
	if (!r.isValid() || c->format == 0 || r.contentType() == ZXing::ContentType::Binary) return false;
	const std::string text = r.text();
	if (text.empty() || text.size() > EAKTE_TEXT) return false;
	for (int i = 0; i < 4; i++) {
		c->x[i] = r.position()[i].x;
		c->y[i] = r.position()[i].y;
	}
	c->lines = r.lineCount();
	c->length = static_cast<int>(text.size());
	std::memcpy(c->text, text.data(), text.size());
	return true;
}

int eakte_zxing_read(const uint8_t *pixels, int width, int height, int stride, int formats,
	int global, int downscale, eakte_code *found, int most) {
	try {
		const ZXing::ImageView view(pixels, width, height, ZXing::ImageFormat::Lum, stride, 1);
		int n = 0;
		for (const auto &r : ZXing::ReadBarcodes(view, hints(formats, global, downscale, most))) {
			if (n < most && fill(r, &found[n])) n++;
		}
		return n;
	} catch (const std::bad_alloc &) {
		return EAKTE_NO_MEMORY;
	} catch (...) {
		return EAKTE_THROWN;
	}
}
